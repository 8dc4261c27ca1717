internal import FoundationEssentials
internal import Glibc

/// What the process uses, as the kernel counts it.
struct ProcessUsage: Equatable {
    var residentBytes = 0
    var cpuSeconds = 0.0
    /// Unix time.
    var startSeconds = 0.0
    var descriptors = 0

    /// From the texts of `/proc`; what is missing there is 0.
    ///
    /// - Parameters:
    ///   - files: the texts.
    ///   - ticks: the kernel's ticks in a second.
    ///   - pageBytes: bytes of a page.
    ///   - descriptors: open descriptors.
    init(files: SystemFiles, ticks: Int, pageBytes: Int, descriptors: Int) {
        self.descriptors = descriptors
        let memory = files.words("/proc/self/statm").compactMap { Int($0) }
        if memory.count > 1 { residentBytes = memory[1] * pageBytes }
        // proc(5): the name, in brackets, may hold blanks; the state, field 3, comes behind it.
        let line = files.text("/proc/self/stat") ?? ""
        guard let name = line.lastIndex(of: ")") else { return }
        let fields = line[name...].split(separator: " ").dropFirst().map { Int($0) ?? 0 }
        guard fields.count > 19 else { return }
        cpuSeconds = Double(fields[11] + fields[12]) / Double(ticks)
        let boot = files.text("/proc/stat")?.split(separator: "\n")
            .first { $0.hasPrefix("btime ") }?.split(separator: " ").last
        startSeconds = Double(boot ?? "0").map { $0 + Double(fields[19]) / Double(ticks) } ?? 0
    }

    /// Of this process, now.
    static var live: ProcessUsage {
        let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return ProcessUsage(
            files: .live, ticks: sysconf(Int32(_SC_CLK_TCK)),
            pageBytes: sysconf(Int32(_SC_PAGESIZE)),
            descriptors: open?.count ?? 0)
    }
}
