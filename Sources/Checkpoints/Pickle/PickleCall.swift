/// The calls that have a meaning here, each an inert stand-in for what Python would do.
///
/// This is the whole list: a name that is not in it is refused. None of them runs anything.
enum PickleCall {
    case rebuildTensor, rebuildParameter, rebuildTyped
    case orderedDict, defaultDict, list, tuple
    case attribute, path, record, namespace
    case object(String)

    init?(_ callee: PickleHeap.Global) {
        switch callee.fullName {
        case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
            self = .rebuildTensor
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
            self = .rebuildParameter
        case "torch._tensor._rebuild_from_type_v2": self = .rebuildTyped
        case "collections.OrderedDict": self = .orderedDict
        case "collections.defaultdict": self = .defaultDict
        case "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset":
            self = .list
        case "torch.Size": self = .tuple
        case "builtins.getattr", "__builtin__.getattr": self = .attribute
        case "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath",
            "pathlib.PureWindowsPath", "pathlib._local.Path", "pathlib._local.PosixPath",
            "pathlib._local.PurePosixPath", "pathlib._local.WindowsPath",
            "pathlib._local.PureWindowsPath":
            self = .path
        // Settings of the trainer, under whatever module a fork keeps them.
        case _ where ["SimpleNamespace", "IterableSimpleNamespace"].contains(callee.lastName):
            self = .namespace
        case "copyreg._reconstructor", "copy_reg._reconstructor": self = .record
        // Figures of a training run: numbers of NumPy, dates, devices, byte strings. Kept by name only.
        case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
            "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
            "numpy.dtype", "_codecs.encode", "datetime.datetime", "datetime.date",
            "datetime.timedelta",
            "torch.device", "builtins.complex", "__builtin__.complex", "builtins.slice",
            "__builtin__.slice", "builtins.range", "__builtin__.range", "__builtin__.xrange",
            "builtins.bytearray", "__builtin__.bytearray":
            self = .object(callee.lastName)
        default: return nil
        }
    }

    /// What stands for the call's result; nil if its arguments are not those of torch.save.
    func value(of arguments: [PickleValue], on heap: inout PickleHeap) -> PickleValue? {
        switch self {
        case .rebuildTensor:
            guard arguments.count >= 4 else { return nil }
            return heap.view(
                PickleHeap.View(
                    storage: arguments[0], offset: arguments[1], shape: arguments[2],
                    strides: arguments[3]))
        case .rebuildParameter: return arguments.first
        case .rebuildTyped: return rebuildTyped(arguments, on: &heap)
        case .orderedDict: return dict(arguments.first, on: &heap)
        case .defaultDict: return heap.dict()  // its items follow
        case .list:
            guard let items = arguments.first else { return heap.list([]) }
            return heap.items(items).map { heap.list($0) }
        case .tuple:
            guard let items = arguments.first else { return heap.tuple([]) }
            return heap.items(items).map { heap.tuple($0) }
        case .attribute:
            // A fused module's `forward` is bound to another of its methods: kept by name.
            guard arguments.count == 2, case .string(let name) = arguments[1],
                name.hasPrefix("forward"), name.utf8.count <= Limits.nameBytes
            else { return nil }
            return heap.record(name)
        case .path: return path(arguments, on: heap)
        case .record:
            guard case .global(let i)? = arguments.first else { return nil }
            return heap.record(heap.globals[i].lastName)
        case .namespace: return arguments.isEmpty ? heap.record("SimpleNamespace") : nil
        case .object(let name): return heap.record(name)
        }
    }

    /// `(function, type, arguments, state)`: a tensor of a subclass.
    private func rebuildTyped(
        _ arguments: [PickleValue], on heap: inout PickleHeap
    ) -> PickleValue? {
        guard arguments.count >= 3, case .global(let i) = arguments[0],
            let inner = heap.items(arguments[2])
        else { return nil }
        switch PickleCall(heap.globals[i]) {
        case .rebuildTensor?: return PickleCall.rebuildTensor.value(of: inner, on: &heap)
        case .rebuildParameter?: return inner.first
        default: return nil
        }
    }

    private func dict(_ pairs: PickleValue?, on heap: inout PickleHeap) -> PickleValue? {
        guard let pairs else { return heap.dict() }
        if case .dict(let i) = pairs { return heap.dict(heap.dicts[i]) }
        guard let pairs = heap.items(pairs) else { return nil }
        var items: [(key: PickleValue, value: PickleValue)] = []
        for pair in pairs {
            guard let pair = heap.items(pair), pair.count == 2 else { return nil }
            items.append((pair[0], pair[1]))
        }
        return heap.dict(items)
    }

    private func path(_ parts: [PickleValue], on heap: PickleHeap) -> PickleValue? {
        var path = ""
        for part in parts {
            guard case .string(let text) = part,
                path.utf8.count + text.utf8.count < Limits.nameBytes
            else { return nil }
            path += path.isEmpty || path.hasSuffix("/") ? text : "/\(text)"
        }
        return .string(path)
    }
}
