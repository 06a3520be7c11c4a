FROM other
RUN a
