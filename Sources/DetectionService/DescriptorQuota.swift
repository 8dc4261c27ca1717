internal import Glibc
internal import HTTPServer

/// How many descriptors the process may have open: each connection takes one.
struct DescriptorQuota: Sendable, Equatable {
    let descriptorsMax: Int

    /// What is open beside connections: standard streams, ports, pollers and Dispatch's own, some 20; and for a moment the files
    /// of a model, of keys and certificates, or those of `/proc` for the metrics.
    private static let others = 64

    /// Takes all that the process has a right to.
    ///
    /// The limit in force is often 1024 for the sake of programs that use `select(2)`, and the one that it may be
    /// raised to far higher.
    static func raise() -> DescriptorQuota {
        let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        // Both only look at the structure, or fill it; a limit that cannot be read or raised stays as it is.
        guard unsafe getrlimit(descriptors, &limit) == 0 else {
            return DescriptorQuota(descriptorsMax: .max)
        }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        if unsafe setrlimit(descriptors, &raised) == 0 { limit = raised }
        return DescriptorQuota(descriptorsMax: Int(clamping: limit.rlim_cur))
    }

    /// Clients' connections, so many that the administrators' port never lacks a descriptor.
    func connectionsMax(_ limits: Limits, beside administrators: Limits) -> Int {
        let taken =
            Self.others + limits.turnedAwayMax + administrators.connectionsMax
            + administrators.turnedAwayMax
        return min(limits.connectionsMax, max(1, descriptorsMax - taken))
    }
}

extension Configuration {
    /// Takes fewer connections where descriptors do not suffice for all of them and for the administrators' port.
    ///
    /// Without such a port, clients above that number wait in the kernel until a descriptor is free.
    mutating func fit(_ quota: DescriptorQuota) {
        guard adminPort != nil else { return }
        limits.connectionsMax = quota.connectionsMax(limits, beside: limitsOfAdministrators)
    }
}
