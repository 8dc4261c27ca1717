/// One setting of a command: its name, what it takes, and where it goes.
///
/// Parsing, help and environment all come from lists of these; there is no second list.
struct CommandOption<Settings> {
    /// Without the dashes: `max-batch`.
    let name: String
    /// What stands for the value in the help; nil for a switch.
    let placeholder: String?
    /// What it sets, with its unit.
    let help: String
    /// The default in words, where there is one.
    let standard: String?
    /// Why that default.
    let reason: String?
    /// Takes the value in, or says what it should have been.
    ///
    /// A switch is given `true` or `false`.
    let set: (inout Settings, String) throws(UnfitValue) -> Void

    /// `DYNADETECT_MAX_BATCH` for `max-batch`.
    var environmentName: String {
        "DYNADETECT_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    var isSwitch: Bool { placeholder == nil }

    /// The same option for settings that hold these ones.
    func within<Outer>(_ path: WritableKeyPath<Outer, Settings>) -> CommandOption<Outer> {
        CommandOption<Outer>(
            name: name, placeholder: placeholder, help: help, standard: standard, reason: reason
        ) { (outer, text) throws(UnfitValue) in
            try set(&outer[keyPath: path], text)
        }
    }
}

/// A value that does not fit; `expected` says what would.
struct UnfitValue: Error, Equatable {
    let expected: String
}

/// Text as a setting: what a value is read from and shown as.
struct ValueForm<Value> {
    let placeholder: String
    let read: (String) throws(UnfitValue) -> Value
    let show: (Value) -> String
}

extension CommandOption {
    /// An option that sets one property; `settings` hold the default, `reason` says why that one.
    static func value<Value>(
        _ name: String, _ path: WritableKeyPath<Settings, Value>, _ form: ValueForm<Value>,
        _ help: String, default settings: Settings, because reason: String? = nil
    ) -> CommandOption {
        CommandOption(
            name: name, placeholder: form.placeholder, help: help,
            standard: form.show(settings[keyPath: path]), reason: reason
        ) { (settings, text) throws(UnfitValue) in
            settings[keyPath: path] = try form.read(text)
        }
    }

    /// An option that sets one property which may be left open: then `standard` holds.
    static func open<Value>(
        _ name: String, _ path: WritableKeyPath<Settings, Value?>, _ form: ValueForm<Value>,
        _ help: String, standard: String? = nil, because reason: String? = nil
    ) -> CommandOption {
        CommandOption(
            name: name, placeholder: form.placeholder, help: help, standard: standard,
            reason: reason
        ) { (settings, text) throws(UnfitValue) in
            settings[keyPath: path] = try form.read(text)
        }
    }

    /// A switch: off unless given.
    static func toggle(
        _ name: String, _ path: WritableKeyPath<Settings, Bool>, _ help: String
    ) -> CommandOption {
        CommandOption(
            name: name, placeholder: nil, help: help, standard: nil, reason: nil
        ) { (settings, text) throws(UnfitValue) in
            switch text.lowercased() {
            case "1", "true", "yes", "on": settings[keyPath: path] = true
            case "0", "false", "no", "off": settings[keyPath: path] = false
            default: throw UnfitValue(expected: "true or false")
            }
        }
    }
}

extension ValueForm {
    /// A whole number.
    static func whole(_ range: ClosedRange<Int>, _ placeholder: String = "N") -> ValueForm
    where Value == Int {
        ValueForm(placeholder: placeholder) { (text) throws(UnfitValue) in
            guard let value = Int(text), range.contains(value) else {
                throw UnfitValue(
                    expected: range.upperBound == .max
                        ? "a whole number, \(range.lowerBound) or more"
                        : "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        } show: {
            String($0)
        }
    }

    /// A number such as 0.25.
    static func number(_ range: ClosedRange<Float>, _ placeholder: String = "X") -> ValueForm
    where Value == Float {
        ValueForm(placeholder: placeholder) { (text) throws(UnfitValue) in
            guard let value = Float(text), range.contains(value) else {
                throw UnfitValue(
                    expected: "a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        } show: {
            "\($0)"
        }
    }

    /// Whole seconds.
    static func seconds(_ range: ClosedRange<Int>) -> ValueForm where Value == Duration {
        let whole = ValueForm<Int>.whole(range, "SECONDS")
        return ValueForm(placeholder: whole.placeholder) { (text) throws(UnfitValue) in
            .seconds(try whole.read(text))
        } show: {
            String($0.components.seconds)
        }
    }

    /// Any text but none.
    static func text(_ placeholder: String) -> ValueForm where Value == String {
        ValueForm(placeholder: placeholder) { (text) throws(UnfitValue) in
            guard !text.isEmpty else { throw UnfitValue(expected: "a \(placeholder), not nothing") }
            return text
        } show: {
            $0
        }
    }

    /// Paths with commas between them.
    static func files() -> ValueForm where Value == [String] {
        ValueForm(placeholder: "FILE[,FILE]") { (text) throws(UnfitValue) in
            let files = text.split(separator: ",", omittingEmptySubsequences: false)
            guard files.allSatisfy({ !$0.isEmpty }) else {
                throw UnfitValue(expected: "files with commas between them")
            }
            return files.map(String.init)
        } show: {
            $0.isEmpty ? "none" : $0.joined(separator: ",")
        }
    }

    /// One of a few words.
    static func choice() -> ValueForm
    where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
        let words = Value.allCases.map(\.rawValue)
        return ValueForm(placeholder: words.joined(separator: "|")) { (text) throws(UnfitValue) in
            guard let value = Value(rawValue: text) else {
                throw UnfitValue(expected: words.joined(separator: " or "))
            }
            return value
        } show: {
            $0.rawValue
        }
    }
}
