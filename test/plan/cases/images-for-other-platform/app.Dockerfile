FROM --platform=$BUILDPLATFORM tools AS build
RUN build
FROM tools
COPY --from=build /x /x
