/// The program `dynadetect`: finds the command, reads its settings, does it.
///
/// Exit statuses: 0; 64 for a command line that cannot be understood (`EX_USAGE` of sysexits.h);
/// 1 for a model, a picture or a file that cannot be used.
package enum Program {
    /// `serve` first: it is what runs when no command is named.
    static var commands: [Entry] {
        [
            serve, Entry(DetectCommand.self), Entry(RunCommand.self), Entry(BenchCommand.self),
            Entry(InspectCommand.self), Entry(ConvertCommand.self), Entry(CalibrateCommand.self),
            Entry(HealthcheckCommand.self), Entry(KeyCommand.self),
        ]
    }
    private static var serve: Entry { Entry(ServeCommand.self) }

    /// A command in the list of them.
    struct Entry {
        let name: String
        let summary: String
        let help: () -> String
        let parse: ([String], [String: String]) throws(UsageError) -> any Command

        init<C: Command>(_ type: C.Type) {
            name = C.name
            summary = C.summary
            help = { C.help }
            parse = { (arguments, environment) throws(UsageError) in
                try C.parse(arguments, environment: environment)
            }
        }
    }

    /// Runs a command line (without the program's own name) and returns the exit status.
    ///
    /// Options are looked for in the environment too.
    package static func run(_ arguments: [String], environment: [String: String]) -> Int32 {
        run(arguments, environment: environment, console: .standard)
    }

    static func run(
        _ arguments: [String], environment: [String: String], console: Console
    ) -> Int32 {
        do throws(UsageError) {
            switch try read(arguments, environment: environment) {
            case .show(let text):
                console.output(text)
                return 0
            case .run(let command):
                if !type(of: command).takesSignals { ProcessSignals.letThrough() }
                do throws(CommandFailure) {
                    try command.run(console)
                    return 0
                } catch {
                    console.error(line(error.message))
                    return 1
                }
            }
        } catch {
            console.error(line(error.message))
            return 64
        }
    }

    /// A message as one line, whatever control characters a file's name brought into it.
    private static func line(_ message: String) -> String {
        "dynadetect: " + message.printable
    }

    /// What a command line asks for.
    enum Request {
        /// To print this.
        case show(String)
        case run(any Command)
    }

    /// Understands a command line; does nothing yet.
    static func read(
        _ arguments: [String], environment: [String: String]
    ) throws(UsageError) -> Request {
        var command = serve
        var rest = arguments[...]
        if let first = arguments.first {
            if first == "--version" { return .show("dynadetect \(Version.current)\n") }
            if first == "--help" || first == "-h" { return .show(help) }
            if !first.hasPrefix("-") {
                command = try entry(first)
                rest.removeFirst()
            }
        }
        let options = rest.prefix { $0 != "--" }
        if options.contains("--help") || options.contains("-h") { return .show(command.help()) }
        return .run(try command.parse(Array(rest), environment))
    }

    private static func entry(_ name: String) throws(UsageError) -> Entry {
        if let entry = commands.first(where: { $0.name == name }) { return entry }
        let names = commands.map(\.name).joined(separator: ", ")
        throw UsageError("unknown command '\(name)'; the commands are \(names)")
    }

    static var help: String {
        let width = commands.map(\.name.count).max() ?? 0
        let list = commands.map { command in
            let gap = String(repeating: " ", count: width - command.name.count)
            return "  \(command.name)\(gap)  \(command.summary)"
        }
        return """
            usage: dynadetect [command] [options]

            Detects objects in pictures with YOLO-style networks, dynamic convolutions included.

            commands:
            \(list.joined(separator: "\n"))

            Without a command it serves. dynadetect COMMAND --help lists a command's options;
            dynadetect --version prints the version.

            """
    }
}
