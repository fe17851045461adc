# skubridge as one static binary in an empty image.
#
#   docker build -t skubridge .
#   docker run -d --name skubridge \
#     -v "$PWD/skubridge.yaml:/config/skubridge.yaml:ro" \
#     -v skubridge-data:/data \
#     -e FLEX_API_KEY -p 127.0.0.1:8484:8484 skubridge
#
# Mount   /config  the configuration and what it names by relative paths, read-only
#         /data    the state; a named volume, or a folder that user 65532 may write
#         /run/secrets/NAME  for ${file:/run/secrets/NAME} in the configuration
#
# Inside a container the default server.listen, 127.0.0.1:8484, is reached by the
# health check only. Set it to 0.0.0.0:8484, with an admin_token, to publish the port.
# One container per state: a second one on the same /data refuses to start.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath \
      -ldflags "-s -w -X main.version=${VERSION}" -o /image/skubridge ./cmd/skubridge
# The only other files: the authorities that sign the APIs' certificates, a name for
# the user, and two folders that it may write.
RUN mkdir -p /image/etc/ssl/certs /writable/data /writable/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
 && echo 'skubridge:x:65532:65532::/data:/skubridge' > /image/etc/passwd

FROM scratch
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /writable /
ENV SKUBRIDGE_CONFIG=/config/skubridge.yaml \
    SKUBRIDGE__STATE__PATH=/data/skubridge.db
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8484
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
  CMD ["/skubridge", "healthcheck"]
ENTRYPOINT ["/skubridge"]
CMD ["run"]
