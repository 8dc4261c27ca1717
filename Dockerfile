# DynaDetect in a container: the program, the libraries it loads, and nothing else.
#
#   docker build -t dynadetect .
#   docker run --rm -p 8080:8080 --read-only --cap-drop ALL dynadetect
#   docker run --rm -p 8080:8080 --read-only --cap-drop ALL -v "$PWD/models:/models:ro" dynadetect --model /models/best.pt
#
# Any image with the Swift toolchain and Debian 12 will do for the first stage. The second needs nothing of its
# base; one with a shell helps to look around: --build-arg RUNTIME_IMAGE=docker.io/library/debian:bookworm-slim.
ARG BUILD_IMAGE=docker.io/library/swift:6.3-bookworm
ARG RUNTIME_IMAGE=scratch

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY scripts/packages scripts/
RUN scripts/packages ca-certificates binutils
COPY . .
RUN swift build -c release --product dynadetect --static-swift-stdlib \
    && deploy/rootfs .build/release/dynadetect /rootfs

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="DynaDetect" \
    org.opencontainers.image.description="POST /detect with a picture, JSON detections back" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
COPY --from=build /rootfs /
# The number that images without a shell have agreed on; Kubernetes' runAsNonRoot wants a number.
USER 65532:65532
# Within a container nobody else hears the default, 127.0.0.1. Health is asked at a port that clients cannot fill; metrics are there too. It is
# heard inside the container alone until DYNADETECT_ADMIN_HOST=0.0.0.0 says otherwise.
ENV DYNADETECT_HOST=0.0.0.0 \
    DYNADETECT_ADMIN_PORT=8081
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["/usr/bin/dynadetect", "healthcheck"]
ENTRYPOINT ["/usr/bin/dynadetect"]
