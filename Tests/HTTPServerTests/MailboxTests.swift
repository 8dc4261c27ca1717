import Dispatch
import Testing

@testable import HTTPServer

struct MailboxTests {
    @Test func `who brings a letter while nobody reads is the reader, and gets them in order`() {
        let mailbox = Mailbox<Int>()
        var letters: [Int] = []
        #expect(mailbox.put(1))
        #expect(!mailbox.put(2))
        #expect(mailbox.take(into: &letters))
        #expect(letters == [1, 2])
        letters = []
        #expect(!mailbox.put(3), "its reader has not looked again yet")
        #expect(mailbox.take(into: &letters))
        #expect(letters == [3])
    }

    @Test func `a reader that finds nothing is none any more`() {
        let mailbox = Mailbox<Int>()
        var letters: [Int] = []
        _ = mailbox.put(1)
        _ = mailbox.take(into: &letters)
        letters = []
        #expect(!mailbox.take(into: &letters))
        #expect(mailbox.put(2))
    }

    @Test func `a reader that leaves is told what it leaves behind`() {
        let mailbox = Mailbox<Int>()
        var letters: [Int] = []
        _ = mailbox.put(1)
        _ = mailbox.take(into: &letters)
        _ = mailbox.put(2)
        #expect(mailbox.leave())
        letters = []
        #expect(mailbox.put(3), "whoever comes next reads all")
        #expect(mailbox.take(into: &letters))
        #expect(letters == [2, 3])
        #expect(!mailbox.leave())
    }

    /// What the letters are about is no atomic number: two readers at a time would lose some, and the thread
    /// sanitizer would see them.
    @Test func `there is one reader at a time, and every letter is read`() {
        final class Sum: @unchecked Sendable { var value = 0 }
        let mailbox = Mailbox<Int>()
        let sum = Sum()
        let (threads, lettersEach) = (4, 2_000)
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            var letters: [Int] = []
            for letter in 1...lettersEach where mailbox.put(letter) {
                while mailbox.take(into: &letters) {
                    for letter in letters { sum.value += letter }
                    letters.removeAll(keepingCapacity: true)
                }
            }
        }
        #expect(sum.value == threads * lettersEach * (lettersEach + 1) / 2)
    }
}
