internal import Imaging

/// The JSON of `/detect` and of `dynadetect detect`, key by key as `openapi.yaml` says it.
enum DetectReply {
    /// One picture: `{"id","model","image","detections","timing_ms","batch_size"}`.
    static func json(
        id: String, model: ModelIdentity, prediction: Prediction
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.identity(id, model)
            $0.members(of: prediction)
        }
        return json.bytes
    }

    /// Several pictures, in the order they came: `{"id","model","results":[…]}`.
    static func json(
        id: String, model: ModelIdentity, predictions: [Prediction]
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.identity(id, model)
            $0.key("results") { json in
                json.array(predictions) { json, prediction in
                    json.object { $0.members(of: prediction) }
                }
            }
        }
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func identity(_ id: String, _ model: ModelIdentity) {
        key("id", id)
        key("model") { $0.value(model) }
    }

    /// `{"name","version"}`.
    mutating func value(_ model: ModelIdentity) {
        object {
            $0.key("name", model.name)
            $0.key("version", model.version)
        }
    }

    fileprivate mutating func members(of prediction: Prediction) {
        key("image") {
            $0.object {
                $0.key("width", prediction.size.width)
                $0.key("height", prediction.size.height)
            }
        }
        key("detections") { json in
            json.array(prediction.detections) { $0.value($1) }
        }
        key("timing_ms") { $0.value(prediction.timing) }
        key("batch_size", prediction.batchSize)
    }

    private mutating func value(_ detection: Detection) {
        object {
            $0.key("label", detection.label)
            $0.key("class_id", detection.classID)
            $0.key("confidence", detection.confidence)
            $0.key("box") { $0.value(detection.box) }
        }
    }

    private mutating func value(_ box: Box) {
        object {
            $0.key("x1", box.x1)
            $0.key("y1", box.y1)
            $0.key("x2", box.x2)
            $0.key("y2", box.y2)
        }
    }

    private mutating func value(_ timing: StageTiming) {
        object {
            for (stage, duration) in timing.stages { $0.key(stage, duration) }
            $0.key("total", timing.total)
        }
    }
}

extension StageTiming {
    /// The stages by the names that replies, metrics and the log use.
    var stages: [(name: String, duration: Duration)] {
        [
            ("queue", queue), ("decode", decode), ("preprocess", preprocess),
            ("inference", inference), ("postprocess", postprocess),
        ]
    }
}
