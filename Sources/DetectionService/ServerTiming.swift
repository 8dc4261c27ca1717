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
        return (stages + [("total", total)])
            .map { "\($0.name);dur=\($0.duration.milliseconds)" }
            .joined(separator: ", ")
    }
}
