import Testing

@testable import Checkpoints

@Test func `the target builds`() {}
