internal import CLinux
internal import Glibc

/// Tells which sockets are ready: the only file that knows epoll.
///
/// DESIGN. libdispatch's read sources on Linux confuse descriptors that were closed and used again, so
/// readiness comes from epoll. A socket is registered once, for edges: every change is told once, under
/// a key that is never used again, and its connection remembers what it was told. So there is no
/// system call to arm or disarm, and an event that comes late finds no connection of that key. One thread
/// waits here and hands events to the queues; it does nothing else.
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

    private static let stopKey = UInt64.max
    private static let eventsMax = 256

    private let epoll: Descriptor
    private let alarm: Descriptor

    /// Nil when the process has no descriptor left.
    init?() {
        guard let epoll = Descriptor(owning: epoll_create1(CInt(EPOLL_CLOEXEC))),
            let alarm = Descriptor(owning: eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)))
        else { return nil }
        let alarmNumber = alarm.number
        self.epoll = epoll
        self.alarm = alarm
        guard add(alarmNumber, key: Self.stopKey) else { return nil }
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

    /// Hands on events, in groups as they come, until ``stop()``.
    func run(_ deliver: ([Event]) -> Void) {
        var ready = unsafe [epoll_event](repeating: epoll_event(), count: Self.eventsMax)
        while true {
            // The kernel fills at most the given count and returns how many.
            let count = unsafe epoll_wait(epoll.number, &ready, CInt(Self.eventsMax), -1)
            guard count > 0 else { continue }  // a signal
            let events = unsafe ready.prefix(Int(count)).map {
                unsafe Event(key: $0.data.u64, flags: $0.events)
            }
            if events.contains(where: { $0.key == Self.stopKey && $0.isReadable }) { return }
            deliver(events)
        }
    }

    /// Ends ``run(_:)``.
    func stop() { _ = eventfd_write(alarm.number, 1) }
}
