extension Configuration {
    /// Who may do what.
    static var accessOptions: [CommandOption<Configuration>] {
        let standard = Configuration()
        return [
            .open(
                "api-keys", \.keysFile, .text("FILE"),
                "keys that clients must show, a line each: name:sha256 or name:sha256:admin (dynadetect"
                    + " key makes one); read anew at SIGHUP",
                standard: "none", because: "who may connect is for the network to say"),
            .open(
                "admin-port", \.adminPort, .whole(0...65_535),
                "port for /metrics and /models/reload, which then are nowhere else; plain HTTP, no keys",
                standard: "none",
                because: "one port is enough where keys or a proxy keep strangers out"),
            .value(
                "admin-host", \.adminHost, .text("ADDRESS"), "address of that port",
                default: standard,
                because: "reachable from this machine alone until you say otherwise"),
            .value(
                "cors-origin", \.crossOrigins, .origins(),
                "web pages that may ask from a browser, such as https://app.example; * for any",
                default: standard,
                because: "a page of a stranger should not use a visitor's network"),
        ]
    }

    /// The file of keys, read; nil where none was given.
    func makeKeyRing() throws(CommandFailure) -> KeyRing? {
        guard let keysFile else { return nil }
        return try KeyRing(file: keysFile)
    }

    /// Who may do what, as told.
    func access(_ keys: KeyRing?) -> Access {
        Access(keys: keys, hasAdministratorsDoor: adminPort != nil, isLocal: isLocal)
    }
}

extension ValueForm {
    /// Origins with commas between them.
    fileprivate static func origins() -> ValueForm where Value == [String] {
        ValueForm(placeholder: "ORIGIN[,ORIGIN]") { (text) throws(UnfitValue) in
            let origins = text.split(separator: ",", omittingEmptySubsequences: false)
                .map(String.init)
            guard origins.allSatisfy(CrossOrigin.isOrigin) else {
                throw UnfitValue(expected: "origins such as https://app.example, or *")
            }
            return origins
        } show: {
            $0.isEmpty ? "none" : $0.joined(separator: ",")
        }
    }
}
