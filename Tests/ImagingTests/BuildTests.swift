import Testing

@testable import Imaging

@Test func `the target builds`() {}
