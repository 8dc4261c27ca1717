/// How many threads may compute at once without being throttled, and why.
///
/// The quota of the process's control group (v2 `cpu.max`, else v1 `cpu.cfs_quota_us` over
/// `cpu.cfs_period_us`; its own or any above it), but no more than the CPUs it may run on.
///
/// A quota between whole numbers is rounded down, and is at least 1: a thread beyond the quota
/// makes the kernel stop all of them for the rest of each period (up to 100 ms), which costs the
/// answers' time more than the fraction brings. What is left over serves the sockets.
struct CPUQuota: Sendable, Equatable {
    /// At least 1.
    let threads: Int
    /// Cores that the process may use: the quota itself, with its fraction.
    let cpus: Double
    /// Where the number comes from, for a person: `2 threads: cpu.max allows 2.5 of 8 CPUs`.
    let explanation: String

    /// - Parameters:
    ///   - files: the texts of `/proc` and `/sys`.
    ///   - affinity: CPUs that the process may be scheduled on.
    init(files: SystemFiles, affinity: Int) {
        let affinity = max(affinity, 1)
        let quota = Self.unifiedQuota(files) ?? Self.legacyQuota(files)
        guard let quota, quota.cpus < Double(affinity) else {
            threads = affinity
            cpus = Double(affinity)
            explanation = "\(Self.count(affinity)): one for each CPU it may run on"
            return
        }
        threads = max(1, Int(quota.cpus))
        cpus = quota.cpus
        explanation =
            "\(Self.count(threads)): \(quota.file) allows \(quota.cpus.rounded(places: 2))"
            + " of \(affinity) CPUs"
    }

    private static func count(_ threads: Int) -> String {
        threads == 1 ? "1 thread" : "\(threads) threads"
    }

    /// cgroup v2: `cpu.max` is `max 100000` or `quota period`, in µs.
    private static func unifiedQuota(_ files: SystemFiles) -> (file: String, cpus: Double)? {
        files.least(nil) { folder in
            let words = files.words(folder + "/cpu.max")
            guard words.count == 2 else { return nil }
            return ratio(words[0], words[1])
        }.map { ("cpu.max", $0) }
    }

    /// cgroup v1: a quota of -1 means none.
    private static func legacyQuota(_ files: SystemFiles) -> (file: String, cpus: Double)? {
        files.least("cpu") { folder in
            guard let quota = files.words(folder + "/cpu.cfs_quota_us").first,
                let period = files.words(folder + "/cpu.cfs_period_us").first
            else { return nil }
            return ratio(quota, period)
        }.map { ("cpu.cfs_quota_us", $0) }
    }

    private static func ratio(_ quota: Substring, _ period: Substring) -> Double? {
        guard let quota = Int(quota), let period = Int(period), quota > 0, period > 0 else {
            return nil
        }
        return Double(quota) / Double(period)
    }
}

/// How much memory the process may use: its control group's limit, the machine's, or what is left of
/// its address space.
///
/// A limit on the address space (`ulimit -v`) counts what is mapped and not what is used: libraries, the
/// built-in model, each thread's stack. So only what is left of it, once the program is loaded and threads
/// have their stacks, is memory to use.
struct MemoryQuota: Sendable, Equatable {
    /// Above 0.
    let bytes: Int

    /// - Parameter files: the texts of `/proc` and `/sys`.
    init(files: SystemFiles) {
        let machine = Self.machineBytes(files)
        let unified = files.least(nil) { Self.bytes(files, $0 + "/memory.max") }
        let legacy = files.least("memory") { Self.bytes(files, $0 + "/memory.limit_in_bytes") }
        let limits = [machine, unified, legacy, Self.addressSpaceBytes(files)].compactMap { $0 }
        // A machine that tells nothing is taken for a small one.
        bytes = Int(limits.min() ?? Double(1 << 30))
    }

    /// What a worker takes for each pixel that it decodes: RGB, and the coefficients of a progressive JPEG.
    static let bytesOfPixel = 12

    /// The largest picture that every worker can decode at once in half of the memory, 100 megapixels at
    /// most.
    func pixelsMax(workers: Int) -> Int {
        min(100_000_000, max(1_000_000, bytes / 2 / Self.bytesOfPixel / max(workers, 1)))
    }

    /// What may wait: a quarter, 256 MiB at most, for a longer queue only answers later.
    var queueBytesMax: Int { min(256 << 20, bytes / 4) }

    /// What may be on its way in: an eighth, 256 MiB at most.
    var receivingBytesMax: Int { min(256 << 20, bytes / 8) }

    /// `Max address space  536870912  536870912  bytes` of `/proc/self/limits`, which is what `ulimit -v` sets.
    ///
    /// Without what is mapped already (`VmSize:  123456 kB` of `/proc/self/status`) and what threads will be.
    private static func addressSpaceBytes(_ files: SystemFiles) -> Double? {
        let lines = files.text("/proc/self/limits")?.split(separator: "\n") ?? []
        guard let line = lines.first(where: { $0.hasPrefix("Max address space") }),
            let word = line.split(separator: " ").dropFirst(3).first, let bytes = Int(word),
            bytes > 0
        else { return nil }
        let status = files.text("/proc/self/status")?.split(separator: "\n") ?? []
        let mapped =
            status.first { $0.hasPrefix("VmSize:") }?.split(whereSeparator: \.isWhitespace)
            .dropFirst().first.flatMap { Int($0) } ?? 0
        return max(Double(bytes) - Double(mapped) * 1024 - stacksBytes, leastBytes)
    }

    /// Address space of threads that are still to come: some sixteen stacks of 8 MiB.
    private static let stacksBytes = 128.0 * 1024 * 1024

    /// What is reckoned with where an address space is all but used up: the limits that follow are then the least.
    private static let leastBytes = 16.0 * 1024 * 1024

    private static func bytes(_ files: SystemFiles, _ path: String) -> Double? {
        guard let word = files.words(path).first, let bytes = Int(word), bytes > 0 else {
            return nil
        }
        return Double(bytes)
    }

    /// `MemTotal:  16384256 kB`, the first line of `/proc/meminfo`.
    private static func machineBytes(_ files: SystemFiles) -> Double? {
        let words = files.words("/proc/meminfo")
        guard words.count >= 2, words[0] == "MemTotal:", let kilobytes = Int(words[1]) else {
            return nil
        }
        return Double(kilobytes) * 1024
    }
}

extension Double {
    /// Rounded to so many decimal places, for a person to read.
    func rounded(places: Int) -> Double {
        guard isFinite else { return 0 }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
