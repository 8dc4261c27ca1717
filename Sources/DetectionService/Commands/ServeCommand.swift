/// `serve`: answers `POST /detect` until SIGTERM.
struct ServeCommand: Command {
    static let name = "serve"
    static let summary = "Answers POST /detect over HTTP (the default command)"
    static let discussion = """
        What requests can make it hold in memory at once, besides the model (twice while it is replaced),
        and it says the sum at start:

            (max-connections + 64) x (4 x max-header-bytes + 64 KiB; with TLS 96 KiB more)
            + 32 x (4 x max-header-bytes + 64 KiB) with --admin-port
            + receiving-bytes + queue-bytes + workers x 12 x max-pixels

        Unless they are told, max-pixels, queue-bytes and receiving-bytes follow the memory that the process
        may use: its control group's limit, its address space's (ulimit -v), or the machine's.
        Answers that clients are slow to take come on top, for write-seconds at most.
        """
    static let takesSignals = true
    static let operands = Operands.none
    static var options: [CommandOption<ServeCommand>] {
        Configuration.options.map { $0.within(\.configuration) }
    }

    var configuration = Configuration()
    var operandValues: [String] = []

    func check() throws(UsageError) {
        guard (configuration.queueBytesMax ?? .max) >= 2 * configuration.bodyBytesMax else {
            throw UsageError(
                "--queue-bytes is less than twice --max-body-bytes: the largest request, in base64"
                    + " and decoded, would never be taken")
        }
        try configuration.checkTLS()
    }

    func run(_ console: Console) throws(CommandFailure) {
        try Serve.run(configuration, console: console)
    }
}
