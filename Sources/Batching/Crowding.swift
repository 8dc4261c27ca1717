/// How many others a client's job finds waiting or running when it comes: a running average, and by
/// it whether idle workers should share what runs.
///
/// Who shares a job ends it sooner, but together they take longer for it than one alone: they wait for
/// each other at the end of each section, and what one has in its cache the other needs. With the
/// built-in model on two cores it is 15% more, and 30% where the next job comes meanwhile. That is a gain
/// while cores have nothing else to do, and a loss once jobs follow each other closely: at 70% load
/// shared jobs took 1.7 of two cores, and a hundredth of them waited behind the others for 13 ms; one to
/// a worker they take 1.4 and hardly wait.
struct Crowding {
    /// How many jobs an average remembers, roughly: a burst is noticed, a single hiccup is not.
    private static let memory = 8.0

    private let workers: Int
    private var average = 0.0

    init(workers: Int) { self.workers = workers }

    /// A client's job came, beside so many that waited or ran.
    mutating func found(_ others: Int) {
        // A long queue says no more than a short one, and should be forgotten as soon.
        average += (Double(min(others, workers)) - average) / Self.memory
    }

    /// Whether most jobs come while less than a quarter of the workers, or nobody, is at one.
    ///
    /// A lone client never finds others, however fast it asks.
    var allowsSharing: Bool { average <= Double(workers) / 4 }
}
