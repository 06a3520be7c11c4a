FROM debian
COPY --from=other /x /x
