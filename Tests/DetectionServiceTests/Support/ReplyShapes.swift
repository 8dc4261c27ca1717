/// The JSON of a reply, read back.
struct ReplyShape: Decodable, Equatable {
    struct Model: Decodable, Equatable {
        let name: String
        let version: String
    }
    struct Size: Decodable, Equatable {
        let width: Int
        let height: Int
    }
    struct Found: Decodable, Equatable {
        let label: String
        let class_id: Int
        let confidence: Float
        let box: [String: Float]
    }
    struct Result: Decodable, Equatable {
        let image: Size
        let detections: [Found]
        let timing_ms: [String: Double]
        let batch_size: Int
    }
    let id: String
    let model: Model
    let image: Size
    let detections: [Found]
    let timing_ms: [String: Double]
    let batch_size: Int
}

struct RepliesShape: Decodable {
    let id: String
    let model: ReplyShape.Model
    let results: [ReplyShape.Result]
}
