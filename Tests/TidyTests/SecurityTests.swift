import Testing

@Test func `every test that SECURITY.md names is there`() throws {
    let tests = try SourceTree.swiftFiles(below: "Tests").flatMap(\.lines)
    let rows = try SourceTree.text(of: "SECURITY.md").split(separator: "\n")
        .filter { $0.hasPrefix("| ") }.dropFirst()
    #expect(rows.count > 10)
    for row in rows {
        let shown = row.split(separator: "|").last?.split(separator: "`") ?? []
        // A name holds blanks; what holds none is a script.
        for name in shown where name.contains(" ") && name.count > 20 {
            #expect(tests.contains { $0.contains("func `\(name)`") }, "\(name)")
        }
    }
}
