FROM node:22-slim AS build
WORKDIR /quiver
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22-slim
WORKDIR /quiver
ENV NODE_ENV=production
COPY --from=build /quiver/package.json /quiver/LICENSE /quiver/NOTICE ./
COPY --from=build /quiver/node_modules ./node_modules
COPY --from=build /quiver/schema ./schema
COPY --from=build /quiver/dist ./dist
USER node
ENTRYPOINT ["node", "dist/gateway/cli/main.js"]
