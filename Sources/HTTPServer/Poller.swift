internal import CLinux
internal import Glibc
internal import Synchronization

/// Tells which sockets are ready: the only file that knows epoll.
///
/// DESIGN. libdispatch's read sources on Linux confuse descriptors that were closed and used again, so
/// readiness comes from epoll. A socket is registered once, for edges: every change is told once, under
/// a key that is never used again, and its connection remembers what it was told. So there is no
/// system call to arm or disarm, and an event that comes late finds no connection of that key. One thread
/// waits here and hands events to its lane. It works for microseconds at a time between workers that compute for
/// milliseconds, so it asks for a short slice: else, with all cores at work, it would wait for the end
/// of a worker's (1 to 3 ms) each time that it wakes.
final class Poller: Sendable {
    /// What became possible on a socket.
    struct Event: Sendable, Equatable {
        let key: UInt64
        private let flags: UInt32

        init(key: UInt64, flags: UInt32) {
            self.key = key
            self.flags = flags
        }

        var isReadable: Bool { flags & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 }
        var isWritable: Bool { flags & EPOLLOUT.rawValue != 0 }
        /// The peer has ended its side.
        var peerHasEnded: Bool { flags & EPOLLRDHUP.rawValue != 0 }
        /// Both sides have ended, or the connection was reset.
        var isBroken: Bool { flags & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
    }

    private static let alarmKey = UInt64.max
    /// The shortest that the kernel gives: a turn takes less.
    private static let sliceNanoseconds: UInt64 = 100_000
    /// Handed on together: answers and alarms that come meanwhile are next, though each client shakes hands.
    private static let eventsMax = 32

    private let epoll: Descriptor
    private let alarm: Descriptor
    private let isStopped = Atomic(false)

    /// Nil when the process has no descriptor left.
    init?() {
        guard let epoll = Descriptor(owning: epoll_create1(CInt(EPOLL_CLOEXEC))),
            let alarm = Descriptor(owning: eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)))
        else { return nil }
        let alarmNumber = alarm.number
        self.epoll = epoll
        self.alarm = alarm
        guard add(alarmNumber, key: Self.alarmKey) else { return nil }
    }

    /// Begins to tell of a descriptor, until that is closed; false when the kernel refuses.
    func add(_ number: CInt, key: UInt64) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events =
            EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        unsafe event.data.u64 = key
        // The event is copied by the call.
        return unsafe epoll_ctl(epoll.number, EPOLL_CTL_ADD, number, &event) == 0
    }

    /// Hands on events, in groups as they come, until ``stop()``; a group of none or more for each ``ring()``.
    func run(_ deliver: ([Event]) -> Void) {
        _ = setSlice(Self.sliceNanoseconds)
        var ready = unsafe [epoll_event](repeating: epoll_event(), count: Self.eventsMax)
        while true {
            // The kernel fills at most the given count and returns how many.
            let count = unsafe epoll_wait(epoll.number, &ready, CInt(Self.eventsMax), -1)
            guard count > 0 else { continue }  // a signal
            if isStopped.load(ordering: .acquiring) { return }
            let events = unsafe ready.prefix(Int(count)).compactMap {
                let event = unsafe Event(key: $0.data.u64, flags: $0.events)
                return event.key == Self.alarmKey ? nil : event
            }
            deliver(events)
        }
    }

    /// Lets ``run(_:)`` deliver soon, whether there are events or not; from any thread.
    ///
    /// Each write is an edge of its own, so nobody reads the number.
    func ring() { _ = eventfd_write(alarm.number, 1) }

    /// Ends ``run(_:)``.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        ring()
    }
}
