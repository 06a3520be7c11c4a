FROM golang AS build
RUN go build
FROM scratch AS out
COPY --from=build /tool /bin/
FROM out
RUN never
