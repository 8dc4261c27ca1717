/// Where the kernel's limits on this process are written: its control groups, found by way of
/// `/proc/self/cgroup` and `/proc/self/mountinfo`, cgroup v2 and v1.
struct ControlGroup {
    /// Folders of this process's group and those above it, nearest first; a limit may stand in any.
    let folders: [String]

    /// - Parameters:
    ///   - controller: `cpu`, `memory`; nil for the one tree of cgroup v2.
    ///   - cgroup: the text of `/proc/self/cgroup`: lines of `id:controllers:path`.
    ///   - mounts: the text of `/proc/self/mountinfo`.
    init(controller: String?, cgroup: String, mounts: String) {
        guard let mount = Self.mount(controller: controller, mounts: mounts) else {
            folders = []
            return
        }
        let path = Self.path(controller: controller, cgroup: cgroup) ?? "/"
        // In a container the mount may show only the subtree at its root, or, with a namespace of
        // its own, the path may lie outside: then the mount point itself is ours.
        var names: [Substring] = []
        if let inside = path.dropping(prefix: mount.root), !inside.contains("..") {
            names = inside.split(separator: "/")
        }
        folders = (0...names.count).reversed().map { depth in
            ([Substring(mount.point)] + names.prefix(depth)).joined(separator: "/")
        }
    }

    /// The path of the process in a hierarchy.
    private static func path(controller: String?, cgroup: String) -> String? {
        for line in cgroup.split(separator: "\n") {
            let fields = line.split(
                separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isOurs =
                if let controller {
                    fields[1].split(separator: ",").contains { $0 == controller }
                } else {
                    fields[0] == "0" && fields[1].isEmpty
                }
            if isOurs { return String(fields[2]) }
        }
        return nil
    }

    /// Where a hierarchy is mounted, and which folder of it that shows.
    ///
    /// Fields by proc(5): `36 35 98:0 /root /point options… - type source superoptions`.
    private static func mount(
        controller: String?, mounts: String
    ) -> (root: String, point: String)? {
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count >= dash + 4 else {
                continue
            }
            let type = fields[dash + 1]
            let isOurs =
                if let controller {
                    type == "cgroup"
                        && fields[dash + 3].split(separator: ",").contains { $0 == controller }
                } else {
                    type == "cgroup2"
                }
            if isOurs { return (String(fields[3]), String(fields[4])) }
        }
        return nil
    }
}

extension String {
    /// What is left of a path below `prefix`, or nil if it does not lie there.
    fileprivate func dropping(prefix: String) -> Substring? {
        if prefix == "/" { return self[...] }
        guard hasPrefix(prefix) else { return nil }
        let rest = dropFirst(prefix.count)
        return rest.isEmpty || rest.hasPrefix("/") ? rest : nil
    }
}

/// The texts that limits are read from; tests hold them in a table.
struct SystemFiles {
    /// The text of a file; nil if there is none.
    let text: (_ path: String) -> String?

    /// Calls `find` with the folders of a hierarchy, nearest first, and takes the least it gives:
    /// a group may use no more than those above it.
    func least(_ controller: String?, _ find: (_ folder: String) -> Double?) -> Double? {
        guard let cgroup = text("/proc/self/cgroup"), let mounts = text("/proc/self/mountinfo")
        else { return nil }
        return ControlGroup(controller: controller, cgroup: cgroup, mounts: mounts).folders
            .compactMap(find).min()
    }

    /// The first line's words of a file.
    func words(_ path: String) -> [Substring] {
        text(path)?.split(separator: "\n").first?.split(separator: " ") ?? []
    }

    /// CPUs that the process may be scheduled on: `Cpus_allowed_list:	0-3,8` of
    /// `/proc/self/status`, which is what `sched_getaffinity(2)` answers.
    var affinity: Int? {
        let lines = text("/proc/self/status")?.split(separator: "\n") ?? []
        guard let line = lines.first(where: { $0.hasPrefix("Cpus_allowed_list:") }),
            let list = line.split(whereSeparator: \.isWhitespace).last
        else { return nil }
        var count = 0
        for range in list.split(separator: ",") {
            let ends = range.split(separator: "-").map { UInt16($0) }
            guard let first = ends.first, let last = ends.last, let first, let last,
                ends.count <= 2, first <= last
            else { return nil }
            count += Int(last - first) + 1
        }
        return count > 0 ? count : nil
    }
}
