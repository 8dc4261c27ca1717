/// `Server-Timing`, as browsers' tools show it: `queue;dur=0.1, decode;dur=4.2, …`, in milliseconds.
enum ServerTiming {
    /// The stages of an answer's pictures, added up, and the whole time from the request's first byte.
    static func text(_ pictures: [StageTiming], total: Duration) -> String {
        var stages: [(name: String, duration: Duration)] = []
        if let first = pictures.first {
            stages = first.stages
            for picture in pictures.dropFirst() {
                for (index, stage) in picture.stages.enumerated() {
                    stages[index].duration += stage.duration
                }
            }
        }
        stages.append(("total", total))
        var text = ""
        text.reserveCapacity(160)
        for (name, duration) in stages {
            if !text.isEmpty { text += ", " }
            text += name
            text += ";dur="
            text += duration.milliseconds.description
        }
        return text
    }
}
