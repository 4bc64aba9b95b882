# syntax=docker/dockerfile:1
FROM node:24-slim AS dependencies
WORKDIR /kiln
COPY package.json package-lock.json .npmrc ./
# The optional packages carry Node for machines with an older one; here it is the image's.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production KILN_STORE=sqlite:/data
WORKDIR /kiln
COPY --from=dependencies /kiln/node_modules node_modules
COPY package.json ./
COPY src src
COPY conformance conformance
COPY profiles profiles
COPY terminology terminology
ENV NODE_COMPILE_CACHE=/kiln/compiled
RUN mkdir /data compiled && chown node:node /data compiled
VOLUME /data
USER node
# Stripped of types and compiled once, by the user to whom it will belong: else each container would do it at its start, twice as long.
RUN node -e "Promise.all(['server', 'guard', 'pages', 'store/sqlite/open', 'store/sqlite/writer', 'store/mongo/open'].map(name => import('/kiln/src/' + name + '.ts')))"
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = 0; fetch(`http${process.env.KILN_TLS_CERT ? 's' : ''}://127.0.0.1:${process.env.KILN_PORT ?? 8080}/ops/ready`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is the process: it gets the SIGTERM of `docker stop`. Its flag is that of `npm start`.
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=50", "src/server.ts"]
