# One image for worker and starter: static binaries on a small base with a shell for the entry point.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/ ./worker ./starter

FROM alpine:3.23.3
RUN apk add --no-cache ca-certificates \
 && addgroup -g 1000 migration \
 && adduser -u 1000 -G migration -D -H migration \
 && install -d -o migration -g migration -m 0700 /data
COPY --from=build /out/worker /out/starter /usr/local/bin/
COPY --chmod=0755 tools/docker-entrypoint.sh /usr/local/bin/entrypoint
USER 1000:1000
WORKDIR /data
ENV METRICS_ADDRESS=:9090
EXPOSE 9090
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s --retries=4 \
  CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9090/healthz"]
ENTRYPOINT ["entrypoint"]
CMD ["worker"]
