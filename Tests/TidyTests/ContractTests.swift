import Testing

@Test func `every code that a refusal can have stands in the contract`() throws {
    let contract = try SourceTree.text(of: "openapi.yaml")
    let tables =
        try SourceTree.swiftFiles(below: "Sources/HTTPServer")
        + SourceTree.swiftFiles(below: "Sources/DetectionService").filter {
            $0.path.hasSuffix("/ServiceError.swift")
        }
    var codes: Set<String> = []
    for line in tables.flatMap(\.lines) {
        for match in line.matches(of: /code: "([a-z_]+)"/) { codes.insert(String(match.1)) }
        // Where the table names no label: words joined by '_' are codes, and nothing else is.
        for match in line.matches(of: /"([a-z]+(?:_[a-z]+)+)"/) { codes.insert(String(match.1)) }
    }
    #expect(codes.count > 30)
    codes.remove("client_closed_request")  // for the log: nobody is there to read it
    for code in codes.sorted() {
        #expect(contract.contains("`\(code)`"), "\(code) is not in openapi.yaml")
    }
}
