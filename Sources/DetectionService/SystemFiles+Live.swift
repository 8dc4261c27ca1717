internal import FoundationEssentials
internal import Glibc

extension SystemFiles {
    /// The files of this machine; those asked for are the kernel's, and a few lines long.
    static var live: SystemFiles {
        SystemFiles { path in
            guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
            return String(decoding: data, as: UTF8.self)
        }
    }
}

extension CPUQuota {
    /// The quota of this process.
    static var live: CPUQuota {
        let files = SystemFiles.live
        return CPUQuota(
            files: files, affinity: files.affinity ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}

extension MemoryQuota {
    /// The memory of this process, as it was when somebody asked first.
    static let live = MemoryQuota(files: .live)
}
