import Testing

@testable import Batching

@Test func `the target builds`() {}
