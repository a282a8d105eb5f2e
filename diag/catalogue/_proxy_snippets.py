"""Configuration of cloud and cluster proxies that several entries share; placed and filled like `_snippets`."""

from __future__ import annotations

from diag.catalogue._snippets import snippet

TRAEFIK_ROUTE = snippet(
    "Traefik (dynamic configuration; upgrades pass by themselves)",
    """
    http:
      routers:
        socket:
          rule: "PathPrefix(`{path}`)"
          service: app
      services:
        app:
          loadBalancer:
            passHostHeader: true
            servers:
              - url: "http://{backend}"
    """,
)

TRAEFIK_TLS = snippet(
    "Traefik (dynamic configuration)",
    """
    http:
      services:
        app:
          loadBalancer:
            serversTransport: app
            servers:
              - url: "https://{backend}"
      serversTransports:
        app:
          serverName: "{host}"
          rootCAs:
            - /etc/ssl/site/ca.pem
    """,
)

INGRESS_ROUTE = snippet(
    "Kubernetes (Ingress)",
    """
    spec:
      rules:
        - http:
            paths:
              - path: {path}
                pathType: Prefix
                backend:
                  service:
                    name: backend
                    port:
                      number: 3000
    """,
)

INGRESS_TLS = snippet(
    "Kubernetes ingress-nginx (the backend speaks TLS)",
    """
    metadata:
      annotations:
        nginx.ingress.kubernetes.io/backend-protocol: "HTTPS"
        nginx.ingress.kubernetes.io/proxy-ssl-server-name: "on"
        nginx.ingress.kubernetes.io/proxy-ssl-name: "{host}"
    """,
)

INGRESS_UPGRADE = snippet(
    "Kubernetes (F5 NGINX Ingress Controller; ingress-nginx needs none)",
    """
    metadata:
      annotations:
        nginx.org/websocket-services: "backend"
    """,
)

ALB_ROUTE = snippet(
    "AWS Application Load Balancer (shell)",
    """
    aws elbv2 create-rule --listener-arn "$LISTENER_ARN" --priority 10 \\
      --conditions Field=path-pattern,Values='{path}*' \\
      --actions Type=forward,TargetGroupArn="$TARGET_GROUP_ARN"
    """,
)

ALB_HEALTH = snippet(
    "AWS Application Load Balancer (why is a target unhealthy; shell)",
    'aws elbv2 describe-target-health --target-group-arn "$TARGET_GROUP_ARN"',
)

ALB_HTTP1 = snippet(
    "AWS Application Load Balancer (a target group for HTTP1; shell)",
    """
    aws elbv2 create-target-group --name app --protocol HTTP --protocol-version HTTP1 --port 3000 --vpc-id "$VPC_ID"
    """,
)

KUBERNETES_ENDPOINTS = snippet(
    "Kubernetes (does the service have endpoints; shell)",
    "kubectl get endpointslices -l kubernetes.io/service-name=backend",
)

ENVOY_ROUTE = snippet(
    "Envoy (virtual host)",
    """
    routes:
      - match: { prefix: "{path}" }
        route:
          cluster: app
          upgrade_configs:
            - upgrade_type: websocket
    """,
)
