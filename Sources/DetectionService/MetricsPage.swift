/// Writes Prometheus' text format, version 0.0.4.
struct MetricsPage {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// The two lines that open a metric.
    mutating func begin(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(
        _ name: String, _ value: String, labels: [(name: String, value: String)] = []
    ) {
        let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
        text += name + (list.isEmpty ? "" : "{\(list.joined(separator: ","))}") + " \(value)\n"
    }

    mutating func gauge(
        _ name: String, _ help: String, _ value: Int, labels: [(name: String, value: String)] = []
    ) {
        begin(name, help, "gauge")
        sample(name, "\(value)", labels: labels)
    }

    mutating func counter(_ name: String, _ help: String, _ counter: Counter) {
        begin(name, help, "counter")
        sample(name, "\(counter.count)")
    }

    mutating func histogram(
        _ name: String, _ histogram: Histogram, labels: [(name: String, value: String)] = []
    ) {
        let cumulative = histogram.cumulative
        let bounds = histogram.bounds.map { "\($0)" } + ["+Inf"]
        for (bound, count) in zip(bounds, cumulative) {
            sample(name + "_bucket", "\(count)", labels: labels + [("le", bound)])
        }
        sample(name + "_sum", "\(histogram.sum)", labels: labels)
        sample(name + "_count", "\(cumulative.last ?? 0)", labels: labels)
    }

    private static func escaped(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
