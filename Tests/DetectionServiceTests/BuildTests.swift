import Testing

@testable import DetectionService

@Test func `the target builds`() {}
