internal import Detection

/// An option's value, wherever it was written: the query, a form field, or JSON.
enum OptionValue: Equatable {
    case text(String)
    case number(Double)
    case bool(Bool)
    case list([OptionValue])
    /// JSON's `null` or an object: no option takes it.
    case other
}

/// Named values of one request, in the order they came.
typealias OptionValues = [(name: String, value: OptionValue)]

/// Turns a request's option values into ``DetectionOptions``.
struct OptionReader {
    /// Every option of `/detect`.
    static let names = ["conf", "iou", "max_det", "classes", "agnostic"]

    /// A text is never longer, in bytes.
    static let textBytesMax = 4096

    let model: ModelDescription

    /// The refusal of a text that is longer, or none.
    static func noText(_ name: String) -> ServiceError {
        .optionForm(name, expected: "a short text in UTF-8")
    }

    /// What a request asks for.
    ///
    /// The body stands above the query, so that a fixed address can carry defaults; the same option
    /// twice in one place is an error, for one of them would be lost.
    func read(
        query: OptionValues, body: OptionValues, defaults: DetectionOptions
    ) throws(ServiceError) -> DetectionOptions {
        var options = defaults
        for place in [query, body] {
            var seen: Set<String> = []
            for (name, value) in place {
                guard seen.insert(name).inserted else { throw .repeatedOption(name) }
                try set(name, to: value, in: &options)
            }
        }
        do { try options.validate() } catch { throw .option(error) }
        return options
    }

    private func set(
        _ name: String, to value: OptionValue, in options: inout DetectionOptions
    ) throws(ServiceError) {
        switch name {
        case "conf": options.confidence = try number(value, name)
        case "iou": options.iou = try number(value, name)
        case "max_det": options.detectionsMax = try whole(value, name)
        case "agnostic": options.isAgnostic = try flag(value, name)
        case "classes": options.classes = try classes(value)
        default: throw .unknownOption(name)
        }
    }

    private func number(_ value: OptionValue, _ name: String) throws(ServiceError) -> Float {
        switch value {
        case .number(let number): return Float(number)
        case .text(let text):
            if let number = decimal(text) { return number }
        default: break
        }
        throw .optionForm(name, expected: "a number")
    }

    /// A decimal number.
    ///
    /// `Float` itself takes more: "nan", "0x1p-2", and what has a zero byte behind it.
    private func decimal(_ text: String) -> Float? {
        text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) } ? Float(text) : nil
    }

    private func whole(_ value: OptionValue, _ name: String) throws(ServiceError) -> Int {
        switch value {
        case .number(let number):
            if let whole = Int(exactly: number) { return whole }
        case .text(let text):
            if let whole = Int(text) { return whole }
        default: break
        }
        throw .optionForm(name, expected: "a whole number")
    }

    private func flag(_ value: OptionValue, _ name: String) throws(ServiceError) -> Bool {
        switch value {
        case .bool(let flag): return flag
        case .text("true"), .text("1"): return true
        case .text("false"), .text("0"): return false
        default: throw .optionForm(name, expected: "true or false")
        }
    }

    /// Names or ids: separated by commas in a text, or in a JSON array (where a name may hold one).
    private func classes(_ value: OptionValue) throws(ServiceError) -> Set<Int> {
        var wanted: [String] = []
        switch value {
        case .text(let text):
            wanted = text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
        case .list(let items):
            for item in items { wanted.append(try classWords(item)) }
        default: wanted = [try classWords(value)]
        }
        guard !wanted.isEmpty, !wanted.contains("") else {
            throw .optionForm("classes", expected: "class names or ids, with commas between")
        }
        do { return try model.resolve(classes: wanted) } catch { throw .option(error) }
    }

    private func classWords(_ value: OptionValue) throws(ServiceError) -> String {
        switch value {
        case .text(let text): return text
        case .number(let number):
            if let id = Int(exactly: number) { return String(id) }
        default: break
        }
        throw .optionForm("classes", expected: "class names or ids")
    }
}
