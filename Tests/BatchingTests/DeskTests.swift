import CLinux
import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Batching

struct DeskTests {
    /// What the waker tells the kernel holds until the worker is awake, and no longer.
    @Test func `a worker that was kept off a core may run on every one again`() {
        let all = coresOfThread()
        let other = Desk()
        let desk = Desk()
        let isOpen = DispatchSemaphore(value: 0)
        let isOver = DispatchSemaphore(value: 0)
        let isWhole = Atomic(false)
        other.begin(beside: [], cores: all)
        DispatchQueue(label: "sleeper").async {
            desk.open()
            isOpen.signal()
            desk.sleep(all)
            isWhole.store(
                Self.bytes(coresOfThread()) == Self.bytes(all), ordering: .releasing)
            isOver.signal()
        }
        isOpen.wait()
        desk.wake(beside: [other, desk], cores: all)
        isOver.wait()
        let mayRunAnywhere = isWhole.load(ordering: .acquiring)
        #expect(mayRunAnywhere)
    }

    /// Two desks of one thread that may not leave its core: the kernel has put both workers there.
    @Test func `a worker that begins where another is at work moves on`() {
        let all = coresOfThread()
        let first = Desk()
        let second = Desk()
        DispatchQueue(label: "worker").sync {
            let here = sched_getcpu()
            var alone = all
            for core in 0..<CInt(8 * MemoryLayout<CoreSet>.size) where core != here {
                alone = without(alone, core)
            }
            #expect(setCores(0, alone) == 0)
            #expect(first.begin(beside: [first, second], cores: all) == here)
            let there = second.begin(beside: [first, second], cores: all)
            let isOnlyCore = holdsNone(without(all, here)) != 0
            #expect((there == here) == isOnlyCore)
            _ = setCores(0, all)
        }
    }

    /// With one core for all, or none that the kernel names, whoever is woken runs where it can.
    @Test func `a worker is woken though no core is left`() {
        let here = Desk()
        let desk = Desk()
        here.begin(beside: [], cores: CoreSet())
        desk.open()
        desk.wake(beside: [here], cores: CoreSet())
        desk.sleep(CoreSet())
    }

    @Test func `a core is taken out of a set, and one that is not in it changes nothing`() {
        var cores = CoreSet()
        cores.words.0 = 0b101
        #expect(without(cores, 2).words.0 == 0b001)
        #expect(without(cores, 1).words.0 == 0b101)
        #expect(without(cores, -1).words.0 == 0b101)
        #expect(without(cores, 1 << 20).words.0 == 0b101)
        #expect(holdsNone(without(without(cores, 0), 2)) != 0)
        #expect(holdsNone(cores) == 0)
    }

    private static func bytes(_ cores: CoreSet) -> [UInt8] {
        // Copied before the call ends.
        unsafe withUnsafeBytes(of: cores) { unsafe Array($0) }
    }
}
