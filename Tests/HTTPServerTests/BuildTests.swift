import Testing

@testable import HTTPServer

@Test func `the target builds`() {}
