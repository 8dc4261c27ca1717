internal import Locks

/// Letters for one reader at a time: whoever brings one while nobody reads becomes the reader.
///
/// So what the letters are about is touched by one thread at a time, and no thread ever waits for another.
/// The reader takes what has come with ``take(into:)``, round by round. It is the reader until that finds
/// nothing, or until it calls ``leave()``.
final class Mailbox<Letter: Sendable>: Sendable {
    private let state = Guarded(State())

    private struct State {
        var letters: [Letter] = []
        var hasReader = false
    }

    /// Leaves a letter; true for who is the reader from now on.
    func put(_ letter: Letter) -> Bool {
        state.withLock { state in
            state.letters.append(letter)
            defer { state.hasReader = true }
            return !state.hasReader
        }
    }

    /// Gives the reader all letters that have come, in their order; false when there are none, which ends its time.
    ///
    /// `letters` comes empty: its room is for those to come.
    func take(into letters: inout [Letter]) -> Bool {
        state.withLock { state in
            state.hasReader = !state.letters.isEmpty
            swap(&letters, &state.letters)
            return state.hasReader
        }
    }

    /// Ends the reader's time; true when letters have come meanwhile, so that it has to send for another.
    func leave() -> Bool {
        state.withLock { state in
            state.hasReader = false
            return !state.letters.isEmpty
        }
    }
}
