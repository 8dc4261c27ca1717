/// `key`: makes an API key.
struct KeyCommand: Command {
    static let name = "key"
    static let summary = "Makes an API key and the line of it for --api-keys"
    static let discussion = """
        The line goes to standard output, so that it can be added to the file; the key itself goes to
        standard error and is shown this once: the file holds its hash alone.

            dynadetect key camera-7 >> keys.txt
        """
    static let operands = Operands(placeholder: "NAME", count: 1...1)
    static var options: [CommandOption<KeyCommand>] {
        [.toggle("admin", \.isAdministrator, "let it read /metrics and reload the model too")]
    }

    var isAdministrator = false
    var operandValues: [String] = []

    func check() throws(UsageError) {
        guard operandValues.allSatisfy(APIKeys.isName) else {
            throw UsageError(
                "the name '\(operandValues[0])' should be letters, digits, '-', '_' and '.',"
                    + " 64 at most")
        }
    }

    func run(_ console: Console) throws(CommandFailure) {
        let key = APIKeys.newKey()
        console.error("key (shown this once): \(key)")
        console.output(
            APIKeys.line(name: operandValues[0], key: key, isAdministrator: isAdministrator)
                + "\n")
    }
}
