import Testing

@testable import Checkpoints

struct PickleMachineTests {
    static func run(
        _ bytes: [UInt8], valuesMax: Int = Limits.pickleValues
    ) throws(CheckpointError) -> (PickleValue, PickleHeap) {
        var machine = PickleMachine(
            FileBytes(copying: bytes), 0..<bytes.count, name: "data.pkl", valuesMax: valuesMax)
        let value = try machine.run()
        return (value, machine.heap)
    }

    static func error(_ bytes: [UInt8]) -> CheckpointError? {
        do throws(CheckpointError) {
            _ = try run(bytes)
            return nil
        } catch { return error }
    }

    @Test(
        arguments: [
            ([0x4B, 200], 200), ([0x4D, 0x39, 0x30], 12345), ([0x4A, 0xFF, 0xFF, 0xFF, 0xFF], -1),
            ([0x8A, 0], 0), ([0x8A, 1, 0xFF], -1), ([0x8A, 2, 0xFF, 0x00], 255),
            ([0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x80], Int.min), ([0x8B, 1, 0, 0, 0, 0x7F], 127),
        ] as [([UInt8], Int)])
    func `integers of every length`(instruction: [UInt8], value: Int) throws {
        let (read, _) = try Self.run([0x80, 2] + instruction + [0x2E])
        guard case .int(value) = read else {
            Issue.record("\(read)")
            return
        }
    }

    @Test func `a float is big-endian, a long integer is inert`() throws {
        guard case .float(-1.5) = try Self.run([0x47, 0xBF, 0xF8, 0, 0, 0, 0, 0, 0, 0x2E]).0,
            case .bigInt = try Self.run([0x8A, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x2E]).0
        else {
            Issue.record("other values")
            return
        }
    }

    @Test func `protocol 4 names a class from the stack, and remembers without numbers`() throws {
        // "m", MEMOIZE, "Outer.Inner", STACK_GLOBAL, (), NEWOBJ, BINGET 0, BUILD
        var bytes: [UInt8] = [0x80, 4, 0x95] + [UInt8](repeating: 0, count: 8)
        bytes += [0x8C, 1] + Array("m".utf8) + [0x94, 0x8C, 11] + Array("Outer.Inner".utf8)
        bytes += [0x93, 0x29, 0x81, 0x68, 0, 0x62, 0x2E]
        let (value, heap) = try Self.run(bytes)
        guard case .record(let i) = value, case .string("m") = heap.records[i].state else {
            Issue.record("\(value)")
            return
        }
        #expect(heap.records[i].className == "Inner")
    }

    @Test func `the last of two equal keys counts, in the place of the first`() throws {
        let (value, heap) = try Self.run(
            Pickled.map([("a", .int(1)), ("b", .int(2)), ("a", .int(3))]).bytes)
        let entries = try #require(heap.entries(value))
        #expect(entries.map(\.key) == ["a", "b"])
        guard case .int(3)? = heap.value("a", of: value), case .int(3) = entries[0].value else {
            Issue.record("\(entries)")
            return
        }
    }

    @Test(arguments: [
        "", "N", "(", ".", "0.", "1.", "t.", "a.", "]a.", "N(e.", "}(Nu.", "s.", "Nb.", "R.",
        "NNR.",
        "h\u{5}.", "q\u{0}.", "Q.", "NQ.", ")Q.", "\u{2}.", "c", "cos", "cos\nsystem",
        "cos\nsystem\n",
        "(.", "N(.", "N(a.", "](0a.", "X\u{7F}\u{7F}\u{7F}\u{7F}abc.", "Xabcd", "J1", "}(NNNu.",
    ])
    func `instructions that do not fit together are refused`(program: String) {
        #expect(Self.error(Array(program.utf8)) != nil)
    }

    @Test(arguments: [0, 1, 6, 200])
    func `other protocols are refused`(version: UInt8) {
        let error = Self.error([0x80, version, 0x4E, 0x2E])
        #expect(error?.description.contains("protocol \(version)") == true)
    }

    @Test func `an error names the byte of its instruction`() {
        #expect(
            Self.error([0x80, 2, 0x4E, 0x30, 0xFF])?.description.hasPrefix("data.pkl at byte 4: ")
                == true)
    }

    @Test func `values are counted, also those that a call copies`() throws {
        let list = Pickled.list((0..<100).map(Pickled.int)).bytes
        _ = try Self.run(list, valuesMax: 110)
        #expect(throws: CheckpointError.self) { _ = try Self.run(list, valuesMax: 90) }
        // One list of 100, made into a set again and again by a few bytes each.
        var copies = Array(list.dropLast()) + Array("q\u{0}".utf8)
        for _ in 0..<10 { copies += Array("c__builtin__\nset\n(h\u{0}tR".utf8) }
        copies += [0x2E]
        _ = try Self.run(copies, valuesMax: 1200)
        #expect(throws: CheckpointError.self) { _ = try Self.run(copies, valuesMax: 1000) }
    }

    @Test func `a million levels cost no stack`() throws {
        var bytes: [UInt8] = [0x29]
        bytes += [UInt8](repeating: 0x85, count: 200_000)  // a tuple of a tuple of …
        _ = try Self.run(bytes + [0x2E])
    }

    @Test func `a list inside itself is a value like others`() throws {
        let (value, heap) = try Self.run(Array("]q\u{0}h\u{0}a.".utf8))
        #expect(heap.items(value)?.count == 1)
    }

    @Test func `a string longer than the pickle or the limit is refused before it is held`() {
        #expect(Self.error([0x58, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E]) != nil)
        #expect(Self.error([0x8D] + littleEndian(UInt64.max) + [0x2E]) != nil)
        #expect(Self.error([0x8B] + littleEndian(Int32(-5)) + [0x2E]) != nil)
    }
}
