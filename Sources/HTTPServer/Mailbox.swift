internal import Locks

/// Letters for one reader at a time: whoever brings one while nobody reads becomes the reader.
///
/// So what the letters are about is touched by one thread at a time, and no thread ever waits for another.
/// The reader takes what has come with ``take()``, round by round. It is the reader until that finds
/// nothing, or until it calls ``leave(_:)``.
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

    /// Gives the reader all letters that have come, in their order; none ends its time.
    func take() -> [Letter] {
        state.withLock { state in
            state.hasReader = !state.letters.isEmpty
            defer { state.letters = [] }
            return state.letters
        }
    }

    /// Ends the reader's time, before which these should be read by the next, first of all.
    ///
    /// True when there are any, or others have come meanwhile: then it has to send for another reader.
    func leave(_ rest: ArraySlice<Letter> = []) -> Bool {
        state.withLock { state in
            state.hasReader = false
            state.letters.insert(contentsOf: rest, at: 0)
            return !state.letters.isEmpty
        }
    }
}
