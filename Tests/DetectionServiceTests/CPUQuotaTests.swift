import Testing

@testable import DetectionService

extension SystemFiles {
    static func make(_ files: [String: String]) -> SystemFiles { SystemFiles { files[$0] } }

    /// A machine with cgroup v2 mounted as on a plain host.
    static func unified(path: String = "/", _ files: [String: String]) -> SystemFiles {
        make(
            [
                "/proc/self/cgroup": "0::\(path)\n",
                "/proc/self/mountinfo":
                    "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
            ].merging(files) { $1 })
    }

    /// A machine with cgroup v1, the cpu controller mounted with another.
    static func legacy(
        path: String = "/", root: String = "/", _ files: [String: String]
    ) -> SystemFiles {
        make(
            [
                "/proc/self/cgroup": "5:memory:/\n4:cpu,cpuacct:\(path)\n0::/\n",
                "/proc/self/mountinfo": """
                33 31 0:30 \(root) /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw

                """,
            ].merging(files) { $1 })
    }
}

struct CPUQuotaTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let files: @Sendable () -> SystemFiles
        let threads: Int
        init(_ story: String, _ threads: Int, _ files: @escaping @Sendable () -> SystemFiles) {
            testDescription = story
            self.threads = threads
            self.files = files
        }
    }

    @Test(arguments: [
        Case("no /proc at all", 8) { .make([:]) },
        Case("files of noise", 8) {
            .make(["/proc/self/cgroup": ":::\n\n0", "/proc/self/mountinfo": "- - -\n1 2 3 4 5 -"])
        },
        Case("v2, no limit", 8) { .unified(["/sys/fs/cgroup/cpu.max": "max 100000\n"]) },
        Case("v2, two CPUs", 2) { .unified(["/sys/fs/cgroup/cpu.max": "200000 100000\n"]) },
        Case("v2, half a CPU", 1) { .unified(["/sys/fs/cgroup/cpu.max": "50000 100000"]) },
        Case("v2, one and a half", 1) { .unified(["/sys/fs/cgroup/cpu.max": "150000 100000"]) },
        Case("v2, almost three", 2) { .unified(["/sys/fs/cgroup/cpu.max": "29999 10000"]) },
        Case("v2, more than there are", 8) {
            .unified(["/sys/fs/cgroup/cpu.max": "1600000 100000"])
        },
        Case("v2, nonsense", 8) { .unified(["/sys/fs/cgroup/cpu.max": "0 0\n"]) },
        Case("v2, its own group", 3) {
            .unified(path: "/a/b", ["/sys/fs/cgroup/a/b/cpu.max": "300000 100000"])
        },
        Case("v2, a group above", 2) {
            .unified(
                path: "/a/b",
                [
                    "/sys/fs/cgroup/a/b/cpu.max": "max 100000",
                    "/sys/fs/cgroup/a/cpu.max": "200000 100000",
                ])
        },
        Case("v2, the strictest counts", 2) {
            .unified(
                path: "/a",
                [
                    "/sys/fs/cgroup/a/cpu.max": "700000 100000",
                    "/sys/fs/cgroup/cpu.max": "200000 100000",
                ])
        },
        Case("v2, a path outside of the namespace", 2) {
            .unified(path: "/../x", ["/sys/fs/cgroup/cpu.max": "200000 100000"])
        },
        Case("v1, no limit", 8) {
            .legacy([
                "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            ])
        },
        Case("v1, four CPUs", 4) {
            .legacy([
                "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "400000\n",
                "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            ])
        },
        Case("v1, a quota without its period", 8) {
            .legacy(["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "400000\n"])
        },
        Case("v1 in a container that sees the machine's paths", 2) {
            .legacy(
                path: "/docker/abc", root: "/docker/abc",
                [
                    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
                    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
                ])
        },
        Case("v1, a group below the mount's root", 2) {
            .legacy(
                path: "/docker/abc/job", root: "/docker/abc",
                [
                    "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "20000\n",
                    "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "10000\n",
                ])
        },
    ])
    func `threads follow the quota, rounded down, and the CPUs`(_ table: Case) {
        #expect(CPUQuota(files: table.files(), affinity: 8).threads == table.threads)
    }

    @Test func `there is one thread at least`() {
        #expect(CPUQuota(files: .make([:]), affinity: 0).threads == 1)
    }

    @Test func `the explanation says which limit it was`() {
        let quota = SystemFiles.unified(["/sys/fs/cgroup/cpu.max": "250000 100000"])
        #expect(
            CPUQuota(files: quota, affinity: 8).explanation
                == "2 threads: cpu.max allows 2.5 of 8 CPUs")
        #expect(
            CPUQuota(files: .make([:]), affinity: 1).explanation
                == "1 thread: one for each CPU it may run on")
    }

    @Test(arguments: [
        ("Cpus_allowed_list:\t0-1\n", 2), ("Name:\tx\nCpus_allowed_list:\t0-3,8,10-11\n", 7),
        ("Cpus_allowed_list:\t5\n", 1), ("Cpus_allowed_list:\t\n", nil),
        ("Cpus_allowed_list:\t3-1\n", nil), ("Cpus_allowed_list:\t1-2-3\n", nil),
        ("Cpus_allowed_list:\t0-99999999\n", nil), ("Cpus_allowed_list:\tx\n", nil), ("", nil),
    ])
    func `the affinity is the list's count, or unknown`(status: String, count: Int?) {
        #expect(SystemFiles.make(["/proc/self/status": status]).affinity == count)
    }

    @Test func `this machine's quota can be read`() {
        #expect(CPUQuota.live.threads >= 1)
        #expect(MemoryQuota.live.bytes > 0)
    }

    @Test(arguments: [
        ("no file", 1 << 30, [:]),
        ("the machine's", 4096 * 1024, ["/proc/meminfo": "MemTotal:    4096 kB\n"]),
        (
            "the group's", 2_000_000,
            ["/proc/meminfo": "MemTotal: 4096 kB\n", "/sys/fs/cgroup/memory.max": "2000000\n"]
        ),
        (
            "a group without limit", 4096 * 1024,
            ["/proc/meminfo": "MemTotal: 4096 kB\n", "/sys/fs/cgroup/memory.max": "max\n"]
        ),
        (
            "address space, of which 100 MiB are mapped and 128 are for stacks", 284 << 20,
            [
                "/proc/meminfo": "MemTotal: 4194304 kB\n",
                "/proc/self/status":
                    "Name:\tdynadetect\nVmPeak:\t  999999 kB\nVmSize:\t  102400 kB\n",
                "/proc/self/limits": """
                Limit                     Soft Limit           Hard Limit           Units
                Max cpu time              unlimited            unlimited            seconds
                Max address space         536870912            unlimited            bytes

                """,
            ]
        ),
        (
            "an address space that is used up", 16 << 20,
            [
                "/proc/meminfo": "MemTotal: 4194304 kB\n",
                "/proc/self/limits": "Max address space         104857600            unlimited\n",
            ]
        ),
        (
            "no address space", 4096 << 10,
            [
                "/proc/meminfo": "MemTotal: 4096 kB\n",
                "/proc/self/limits": "Max address space         unlimited            unlimited\n",
            ]
        ),
        ("noise", 1 << 30, ["/proc/meminfo": "MemTotal:\n", "/sys/fs/cgroup/memory.max": "-5\n"]),
    ])
    func `memory is the least of the machine's, the groups' and what is left of the address space`(
        story: String, bytes: Int, files: [String: String]
    ) {
        #expect(MemoryQuota(files: .unified(files)).bytes == bytes)
    }

    @Test(arguments: [
        (1 << 30, 2, 22_369_621), (1 << 40, 1, 100_000_000), (1 << 20, 64, 1_000_000),
    ])
    func `the largest picture fits into half of the memory, for every worker`(
        bytes: Int, workers: Int, pixels: Int
    ) {
        let files = SystemFiles.unified(["/sys/fs/cgroup/memory.max": "\(bytes)"])
        #expect(MemoryQuota(files: files).pixelsMax(workers: workers) == pixels)
    }
}
