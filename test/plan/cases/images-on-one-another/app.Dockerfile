FROM base
COPY --from=tools /bin/tool /bin/
