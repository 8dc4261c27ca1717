import Dispatch
import Testing

@testable import HTTPServer

struct MailboxTests {
    @Test func `who brings a letter while nobody reads is the reader, and gets them in order`() {
        let mailbox = Mailbox<Int>()
        #expect(mailbox.put(1))
        #expect(!mailbox.put(2))
        #expect(mailbox.take() == [1, 2])
        #expect(!mailbox.put(3), "its reader has not looked again yet")
        #expect(mailbox.take() == [3])
    }

    @Test func `a reader that finds nothing is none any more`() {
        let mailbox = Mailbox<Int>()
        _ = mailbox.put(1)
        _ = mailbox.take()
        #expect(mailbox.take() == [])
        #expect(mailbox.put(2))
    }

    @Test func `what a reader leaves is read by the next, before what came later`() {
        let mailbox = Mailbox<Int>()
        _ = mailbox.put(1)
        _ = mailbox.put(2)
        let letters = mailbox.take()
        _ = mailbox.put(3)
        #expect(mailbox.leave(letters[1...]), "somebody is to be sent for")
        #expect(mailbox.put(4), "whoever comes next reads all")
        #expect(mailbox.take() == [2, 3, 4])
        #expect(!mailbox.leave())
    }

    /// As lanes do it: some bring letters and read a little, one comes when it is rung for and reads too.
    ///
    /// What the letters are about is no atomic number: two readers at a time would lose some.
    @Test func `there is one reader at a time, and every letter is read`() {
        final class Sum: @unchecked Sendable { var value = 0 }
        let mailbox = Mailbox<Int>()
        let sum = Sum()
        let bell = DispatchSemaphore(value: 0)
        @Sendable func bring(_ letter: Int) {
            guard mailbox.put(letter) else { return }
            let letters = mailbox.take()
            for letter in letters.prefix(2) { sum.value += letter }
            if mailbox.leave(letters.dropFirst(2)) { bell.signal() }
        }
        let (threads, lettersEach) = (4, 2_000)
        let total = threads * lettersEach * (lettersEach + 1) / 2
        let isDone = DispatchSemaphore(value: 0)
        DispatchQueue(label: "poller").async {
            var isOver = false
            while !isOver {
                bell.wait()
                guard mailbox.put(0) else { continue }
                while true {
                    let letters = mailbox.take()
                    guard !letters.isEmpty else { break }
                    for letter in letters { sum.value += letter }
                    isOver = isOver || sum.value == total
                }
            }
            isDone.signal()
        }
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            for letter in 1...lettersEach { bring(letter) }
        }
        bell.signal()
        #expect(isDone.wait(timeout: .now() + 10) == .success)
        #expect(sum.value == total)
    }
}
