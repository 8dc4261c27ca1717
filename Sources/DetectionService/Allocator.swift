internal import CLinux
internal import Dispatch

/// How the C library keeps memory that was given back.
enum Allocator {
    /// Lets all threads share one arena; small allocations still come from caches of each thread.
    ///
    /// glibc gives each thread an arena of its own, up to eight for each core, and each keeps what its
    /// busiest moment needed: a picture is decoded by whichever worker is free, so in time every arena holds
    /// the largest one. Under mixed pictures of up to 12 megapixels, two workers on two cores, the process
    /// stayed at 89 MB with arenas as they come, 83 MB with two, 57 to 74 MB with one. The lock of an arena
    /// costs nothing beside a picture, which makes some hundred large allocations, not millions. Requests keep
    /// out of its way where that is for nothing (`Limits.headReadBytes`).
    static func shareArena() {
        // A number for the allocator. Refused, all stays as it was.
        _ = mallopt(M_ARENA_MAX, 1)
    }

    /// Gives free memory back to the system from time to time, until the timer goes.
    ///
    /// By itself glibc keeps free blocks of up to 32 MiB, and pages between blocks that are used: behind a few
    /// large bodies the process stayed 15 to 55 MB larger for ever. Giving each block back at once would cost every
    /// large picture its page faults anew; every ten seconds costs nothing, and is soon enough.
    static func trimRegularly() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(
            queue: DispatchQueue(label: "allocator", qos: .utility))
        timer.schedule(deadline: .now() + .seconds(10), repeating: .seconds(10))
        var trimmed = Usage(used: 0, free: 0)
        timer.setEventHandler {
            let usage = Usage.now
            // What is given back still counts as free, for it may be used again. Where nothing has changed
            // since there is nothing to give, and an idle process need not look.
            guard usage.free > freeBytesMax, usage != trimmed else { return }
            malloc_trim(0)
            trimmed = .now
        }
        timer.activate()
        return timer
    }

    /// Bytes in blocks that are used, and in those that are free.
    private struct Usage: Equatable {
        let used: Int
        let free: Int

        static var now: Usage {
            let info = mallinfo2()
            return Usage(used: Int(info.uordblks), free: Int(info.fordblks))
        }
    }

    /// What may stay free for the next pictures.
    ///
    /// With 16 MiB the process crept from 57 to 65 MB in 200,000 requests. To have 4 MiB back costs a
    /// thousand page faults, a millisecond.
    private static let freeBytesMax = 4 << 20
}
