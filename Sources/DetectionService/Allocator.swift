internal import CLinux

/// How the C library keeps memory that was given back.
enum Allocator {
    /// Lets all threads share one arena; small allocations still come from caches of each thread.
    ///
    /// glibc gives each thread an arena of its own, up to eight for each core, and each keeps what its
    /// busiest moment needed: a picture is decoded by whichever worker is free, so in time every arena holds
    /// the largest one. Under mixed pictures of up to 12 megapixels, two workers on two cores, the process
    /// stayed at 89 MB with arenas as they come, 83 MB with two, 57 to 74 MB with one. The lock of an arena
    /// costs nothing here: a picture makes some hundred large allocations, not millions.
    static func shareArena() {
        // A number for the allocator. Refused, all stays as it was.
        _ = mallopt(M_ARENA_MAX, 1)
    }
}
