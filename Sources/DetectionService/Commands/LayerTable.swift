internal import Inference

/// What `bench --layers` measured: each part of a pass, and what of the time is not convolutions.
struct LayerTable {
    /// In their order.
    let sections: [SectionTime]
    /// Milliseconds of a picture, from its first byte to the boxes.
    let picture: Double
    /// Floating-point operations a second that the cores can do at most.
    let peak: Double

    /// Milliseconds of the parts that `isPart` chooses.
    private func milliseconds(_ isPart: (SectionKind) -> Bool) -> Double {
        sections.reduce(0) { isPart($1.kind) ? $0 + $1.duration.milliseconds : $0 }
    }

    private var convolutions: Double { milliseconds(\.isConvolution) }
    private var mixing: Double { milliseconds { [.means, .routing, .mixing].contains($0) } }
    /// The part of a picture's time that is neither convolutions nor mixing: pooling, copies, the
    /// loading of pixels, the head and NMS.
    private var outside: Double { max(1 - (convolutions + mixing) / picture, 0) }

    /// Operations a second, by the arithmetic of windows computed one by one.
    private func rate(_ section: SectionTime) -> Double {
        2 * Double(section.products) / max(section.duration.milliseconds, 1e-3) * 1e3
    }

    /// Adds the table to a report's object.
    func write(to json: inout JSONWriter) {
        json.key("peak_gflops", (peak / 1e9).rounded(places: 1))
        json.key("convolutions_ms", convolutions.rounded(places: 3))
        json.key("mixing_ms", mixing.rounded(places: 3))
        json.key("share_outside", outside.rounded(places: 4))
        json.key("layers") {
            $0.array(sections) { json, section in
                json.object {
                    $0.key("step", section.step)
                    $0.key("kind", section.kind.rawValue)
                    $0.key("ms", section.duration.milliseconds.rounded(places: 3))
                    if section.products > 0 {
                        $0.key("gflops", (rate(section) / 1e9).rounded(places: 1))
                    }
                }
            }
        }
    }

    /// For a person.
    var lines: [String] {
        var rows = [["layer", "way", "output", "ms", "GFLOP/s", "of peak"]]
        for section in sections {
            let (blocks, height, width) = section.output
            var row = [
                section.step.printable, section.kind.rawValue,
                "\(blocks * 16)×\(height)×\(width)",
                "\(section.duration.milliseconds.rounded(places: 3))",
            ]
            if section.products > 0 {
                let share = Int((rate(section) / peak * 100).rounded())
                row += ["\((rate(section) / 1e9).rounded(places: 1))", "\(share)%"]
            }
            rows.append(row)
        }
        return TextColumns.align(rows) + [
            "",
            "peak \((peak / 1e9).rounded(places: 1)) GFLOP/s;"
                + " convolutions \(convolutions.rounded(places: 2)) ms,"
                + " mixing \(mixing.rounded(places: 2)) ms,"
                + " all else \((outside * 100).rounded(places: 1))% of a picture's time",
        ]
    }
}
