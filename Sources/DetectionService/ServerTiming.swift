internal import HTTPServer

/// `Server-Timing`, as browsers' tools show it: `queue;dur=0.1, decode;dur=4.2, …`, in milliseconds.
enum ServerTiming {
    /// The stages of an answer's pictures, added up, and the whole time from the request's first byte.
    static func text(_ pictures: [StageTiming], total: Duration) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(160)
        if let first = pictures.first {
            let sum = pictures.dropFirst().reduce(first.stages.map(\.duration)) { sum, picture in
                zip(sum, picture.stages).map { $0 + $1.duration }
            }
            for (stage, duration) in zip(first.stages, sum) {
                text.append(timing: stage.name, duration)
            }
        }
        text.append(timing: "total", total)
        return String(decoding: text, as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate mutating func append(timing name: String, _ duration: Duration) {
        if !isEmpty { append(", ") }
        append(name)
        append(";dur=")
        append(milliseconds: duration)
    }
}
