internal import Dispatch
internal import Glibc

/// SIGTERM, SIGINT and SIGHUP, taken in turn instead of ending the process.
///
/// They are blocked first of all (in the program before `main`, by `CSignals`), and fetched by a thread that waits for them: a signal that comes
/// before that thread is there stays pending, so none is lost however early it comes. (A dispatch
/// source on an ignored signal loses those that come before it is registered.)
struct ProcessSignals {
    private let signals: sigset_t

    /// Blocks the signals for this thread and those it starts from now on: call it before any other
    /// thread is there.
    static func hold() -> ProcessSignals {
        let signals = mask(SIG_BLOCK)
        // Writing to a socket or a pipe whose reader has gone is an error to look at, not a death.
        signal(SIGPIPE, SIG_IGN)
        return ProcessSignals(signals: signals)
    }

    /// Lets them do what they do by themselves: end the process, also those that came before.
    ///
    /// For commands that have nothing to finish.
    static func letThrough() { _ = mask(SIG_UNBLOCK) }

    private static func mask(_ how: Int32) -> sigset_t {
        var signals = sigset_t()
        // These only touch the set they are given; a mask for this thread cannot fail.
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe sigaddset(&signals, SIGINT)
        unsafe sigaddset(&signals, SIGHUP)
        unsafe pthread_sigmask(how, &signals, nil)
        return signals
    }

    /// Calls `reload` at each SIGHUP, and `stop` at the first of the others; one more of those ends the
    /// process at once.
    func watch(reload: @escaping @Sendable () -> Void, stop: @escaping @Sendable () -> Void) {
        let signals = signals
        DispatchQueue(label: "signals").async {
            var isStopping = false
            while true {
                switch Self.next(of: signals) {
                case SIGHUP where isStopping: continue
                case SIGHUP: reload()
                case let number where isStopping: exitNow(128 + number)
                default:
                    isStopping = true
                    stop()
                }
            }
        }
    }

    private static func next(of signals: sigset_t) -> Int32 {
        var signals = signals
        var signal: Int32 = 0
        // Reads the set and writes the number; fails only for a set that is none.
        while unsafe sigwait(&signals, &signal) != 0 {}
        return signal
    }
}

/// Ends the process without waiting for anything.
private func exitNow(_ status: Int32) -> Never { _exit(status) }
