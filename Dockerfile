# The manager's image: one static program, no shell. "make image" builds the same without Docker, and a test there
# compares the two.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY api api
COPY cmd cmd
COPY controllers controllers
COPY internal internal
COPY webhooks webhooks
ARG VERSION=dev TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -tags grpcnotrace -ldflags "-s -w -X main.version=$VERSION" -o /namesake ./cmd/namesake

FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title="namesake" \
      org.opencontainers.image.description="Sandboxes for AI agents on Kubernetes: the manager" \
      org.opencontainers.image.url="https://github.com/namesake-sandbox/namesake" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /namesake /namesake
ENV PATH=/
WORKDIR /
# A number, for the kubelet cannot know that a name is not root's.
USER 65532:65532
ENTRYPOINT ["/namesake"]
