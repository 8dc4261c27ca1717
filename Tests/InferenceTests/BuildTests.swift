import Testing

@testable import Inference

@Test func `the target builds`() {}
