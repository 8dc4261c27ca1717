/// What `bench` measured, as JSON and for a person.
struct BenchReport {
    let model: String
    let isa: String
    let precision: String
    let threads: Int
    let batch: Int
    let height: Int
    let width: Int
    let runs: Int
    let millisecondsPerImage: Percentiles
    /// 10⁹ operations a second.
    let gflops: Double
    /// With `--pictures`.
    var picturesPerSecond: Double?
    /// With `--layers`.
    var layers: LayerTable?

    var json: String {
        var json = JSONWriter()
        json.object {
            $0.key("model", model)
            $0.key("isa", isa)
            $0.key("precision", precision)
            $0.key("threads", threads)
            $0.key("batch", batch)
            $0.key("height", height)
            $0.key("width", width)
            $0.key("runs", runs)
            $0.key("ms_per_image") {
                $0.object {
                    $0.key("min", millisecondsPerImage.min.rounded(places: 3))
                    $0.key("median", millisecondsPerImage.median.rounded(places: 3))
                    $0.key("p90", millisecondsPerImage.p90.rounded(places: 3))
                }
            }
            $0.key("gflops", gflops.rounded(places: 2))
            if let picturesPerSecond {
                $0.key("pictures_per_second", picturesPerSecond.rounded(places: 2))
            }
            layers?.write(to: &$0)
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    var text: String {
        let time = millisecondsPerImage
        var lines = [
            "\(model), \(precision), \(isa), threads \(threads), batch \(batch),"
                + " \(height)×\(width), runs \(runs)",
            "ms per image: min \(time.min.rounded(places: 2)),"
                + " median \(time.median.rounded(places: 2)), p90 \(time.p90.rounded(places: 2))",
            "GFLOP/s: \(gflops.rounded(places: 1))",
        ]
        if let picturesPerSecond {
            lines.append("pictures per second: \(picturesPerSecond.rounded(places: 1))")
        }
        if let layers { lines += [""] + layers.lines }
        return lines.joined(separator: "\n") + "\n"
    }
}
