# One image for both services and for the migrations: Node runs the sources as they are.
FROM node:24.21.0-bookworm-slim

WORKDIR /app
ENV NODE_ENV=production

# The dependencies of what runs, in a layer of their own that a change of code leaves alone.
COPY package.json package-lock.json .npmrc ./
COPY packages/cache/package.json packages/cache/
COPY packages/contracts/package.json packages/contracts/
COPY packages/dev-stack/package.json packages/dev-stack/
COPY packages/rpc/package.json packages/rpc/
COPY packages/text/package.json packages/text/
COPY services/posts/package.json services/posts/
COPY services/users/package.json services/users/
COPY migrations/package.json migrations/
RUN npm ci --omit=dev --workspace services/users --workspace services/posts --workspace migrations

COPY packages packages
COPY services services
COPY migrations migrations

USER node
CMD ["node", "services/users/src/main.ts"]
