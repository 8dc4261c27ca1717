/// One command of the program, as the command line sees it: settings with their defaults.
protocol Command: Sendable {
    /// `detect`.
    static var name: String { get }
    /// One line for the list of commands.
    static var summary: String { get }
    /// More, for its own help.
    static var discussion: String { get }
    static var options: [CommandOption<Self>] { get }
    static var operands: Operands { get }
    /// Whether it takes signals in turn instead of being ended by them.
    static var takesSignals: Bool { get }

    /// The command as it runs when nothing is said.
    init()
    /// What stands on the line beside options: files, mostly.
    var operandValues: [String] { get set }
    /// What no single option can tell, such as options that exclude each other.
    func check() throws(UsageError)
    /// Does it.
    func run(_ console: Console) throws(CommandFailure)
}

extension Command {
    static var discussion: String { "" }
    static var takesSignals: Bool { false }
    func check() throws(UsageError) {}
}

/// How many operands a command takes, and what they are called.
struct Operands: Equatable {
    /// `IN OUT.safetensors`, `PICTURE…`; empty for none.
    let placeholder: String
    let count: ClosedRange<Int>

    static var none: Operands { Operands(placeholder: "", count: 0...0) }
}

/// A command line that cannot be understood: one line that says what is wrong.
struct UsageError: Error, Equatable {
    let message: String
    init(_ message: String) { self.message = message }
}

/// A command that could not do its work: one line that says what is wrong, naming the file.
struct CommandFailure: Error, Equatable {
    let message: String
    init(_ message: String) { self.message = message }
}

extension Command {
    /// Settings from the environment, then from the arguments, which stand above it.
    ///
    /// An environment variable that is empty counts as not set; one that no option is named after
    /// is not ours to judge. Of an option given twice the last one counts. `--` ends the options.
    static func parse(
        _ arguments: [String], environment: [String: String]
    ) throws(UsageError) -> Self {
        var command = Self()
        let options = Self.options
        for option in options {
            if let text = environment[option.environmentName], !text.isEmpty {
                try command.set(option, to: text, saidAs: option.environmentName)
            }
        }

        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                command.operandValues += rest
                break
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                command.operandValues.append(argument)
                continue
            }
            let (name, attached) = split(argument)
            guard let option = options.first(where: { "--" + $0.name == long(name) }) else {
                throw UsageError("unknown option '\(name)'; \(helpHint)")
            }
            if option.isSwitch {
                try command.set(option, to: attached ?? "true", saidAs: name)
            } else if let text = attached {
                try command.set(option, to: text, saidAs: name)
            } else if let text = rest.first, !text.hasPrefix("--") {
                rest.removeFirst()
                try command.set(option, to: text, saidAs: name)
            } else {
                throw UsageError("\(name) needs a value: \(name) \(option.placeholder ?? "")")
            }
        }
        try command.checkOperands()
        try command.check()
        return command
    }

    /// `-o` as everywhere: the file to write.
    private static func long(_ name: String) -> String { name == "-o" ? "--output" : name }

    static var helpHint: String { "see dynadetect \(name) --help" }

    private mutating func set(
        _ option: CommandOption<Self>, to text: String, saidAs name: String
    ) throws(UsageError) {
        do { try option.set(&self, text) } catch {
            throw UsageError("\(name) takes \(error.expected), not '\(text)'")
        }
    }

    private func checkOperands() throws(UsageError) {
        let (count, operands) = (operandValues.count, Self.operands)
        if count < operands.count.lowerBound {
            throw UsageError("\(Self.name) needs \(operands.placeholder); \(Self.helpHint)")
        }
        if count > operands.count.upperBound {
            let extra = operandValues[operands.count.upperBound]
            throw UsageError("unexpected argument '\(extra)'; \(Self.helpHint)")
        }
    }

    /// `--name=value` in its two parts.
    private static func split(_ argument: String) -> (name: String, value: String?) {
        guard argument.hasPrefix("--"), let sign = argument.firstIndex(of: "=") else {
            return (argument, nil)
        }
        return (String(argument[..<sign]), String(argument[argument.index(after: sign)...]))
    }
}
