internal import Detection
internal import Inference

extension NetworkPredictor {
    /// The predictor of a configuration.
    convenience init(
        _ model: ModelFile.Model, _ configuration: Configuration, workers: Int,
        memory: MemoryQuota, crew: Crew? = nil
    ) {
        self.init(
            model.detector, identity: model.identity, workers: workers,
            imageSize: configuration.imageSize, shape: configuration.shape,
            limits: configuration.imageLimits(memory, workers: workers),
            jpegScaling: configuration.jpegScaling, crew: crew)
    }
}
